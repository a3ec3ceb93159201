;; A block with an empty required field is stored
;; expect: TYP_FIELD_EMPTY func=3 offset=0x7d
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
  (import "singula/Page" "free" (func $pfree (param externref)))
  (import "singula/Page" "slot.swap" (func $swap (param i32 externref) (result externref)))
  (import "singula/Page" "new" (func $page (result externref)))
  (memory 1)
  (func $main (export "main")  (local $n i32)
    (call $pfree (call $swap (i32.const 0) (call $page))))
)
