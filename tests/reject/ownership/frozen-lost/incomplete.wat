;; A block with an empty required field is frozen
;; expect: TYP_FIELD_EMPTY func=3 offset=0x79
;; monitor: MON_FIELD_EMPTY
;; contract: block Text { bytes: u8[]; }
;; contract: block Page { must: Text!; side: Text; cover: frozen Text; number: u32; }
;; contract: slots Page[4];
;; contract: slots frozen Page[4];
;; contract: slots exp Press:Idle[2];
;; contract: contract Press {
;; contract:     in message Print(frozen Page page);
;; contract:     out message Done();
;; contract:     state Idle: one { Print? -> Busy; end; }
;; contract:     state Busy: Done! -> Idle;
;; contract: }
(module
  (import "singula/Page" "freeze" (func $pfreeze (param externref) (result externref)))
  (import "singula/Page" "new" (func $page (result externref)))
  (import "singula/Page" "free" (func $pfree (param externref)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $n i32)
    (local.set $a (call $pfreeze (call $page))) (call $pfree (local.get $a)))
)
