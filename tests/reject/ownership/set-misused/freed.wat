;; A set is used after it was freed
;; expect: OWN_USE_AFTER_FREE func=4 offset=0xd3
;; monitor: MON_DEAD
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
  (import "singula/Press" "set.exp.Idle.new" (func $snew (result externref)))
  (import "singula/Press" "set.exp.Idle.free" (func $sfree (param externref)))
  (import "singula/Press" "set.exp.Idle.wait" (func $swait (param externref i64 i32) (result externref)))
  (import "singula/Press" "exp.abandon" (func $eabandon (param externref)))
  (memory 1)
  (func $main (export "main") (local $e externref) (local $s externref) (local $n i32)
    (local.set $s (call $snew)) (if (ref.is_null (local.get $s)) (then (unreachable))) (call $sfree (local.get $s)) (local.set $e (call $swait (local.get $s) (i64.const 0) (i32.const 8))) (if (i32.eqz (ref.is_null (local.get $e))) (then (call $eabandon (local.get $e)))))
)
