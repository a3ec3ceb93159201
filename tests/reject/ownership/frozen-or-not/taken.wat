;; What a field for frozen blocks gives is not sent as another
;; expect: TYP_MISMATCH func=7 offset=0x106
;; monitor: MON_TYPE
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
  (import "singula/Page" "new" (func $page (result externref)))
  (import "singula/Page" "must.put" (func $must (param externref externref)))
  (import "singula/Text" "new" (func $text (param i32) (result externref)))
  (import "singula/Page" "cover.put" (func $cover (param externref externref)))
  (import "singula/Text" "freeze" (func $tfreeze (param externref) (result externref)))
  (import "singula/Page" "cover.take" (func $tcover (param externref) (result externref)))
  (import "singula/Page" "free" (func $pfree (param externref)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $b externref) (local $n i32)
    (local.set $a (call $page)) (call $must (local.get $a) (call $text (i32.const 4))) (call $cover (local.get $a) (call $tfreeze (call $text (i32.const 4)))) (local.set $b (call $tcover (local.get $a))) (if (i32.eqz (ref.is_null (local.get $b))) (then (call $must (local.get $a) (local.get $b)))) (call $pfree (local.get $a)))
)
