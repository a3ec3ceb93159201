;; The end that a set gave is lost
;; expect: OWN_LEAK func=7 offset=0x152
;; monitor: MON_LEAK
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
  (import "singula/Press" "channel" (func $chan (result externref)))
  (import "singula/Press" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Press" "set.exp.Idle.new" (func $snew (result externref)))
  (import "singula/Press" "set.exp.Idle.add" (func $sadd (param externref externref i64)))
  (import "singula/Press" "imp.abandon" (func $iabandon (param externref)))
  (import "singula/Press" "set.exp.Idle.wait" (func $swait (param externref i64 i32) (result externref)))
  (import "singula/Press" "set.exp.Idle.free" (func $sfree (param externref)))
  (memory 1)
  (func $main (export "main") (local $e externref) (local $i externref) (local $s externref) (local $n i32)
    (local.set $e (call $chan)) (if (ref.is_null (local.get $e)) (then (return)))
    (local.set $i (call $peer (local.get $e))) (if (ref.is_null (local.get $i)) (then (unreachable))) (local.set $s (call $snew)) (if (ref.is_null (local.get $s)) (then (unreachable))) (call $sadd (local.get $s) (local.get $e) (i64.const 1)) (call $iabandon (local.get $i)) (drop (call $swait (local.get $s) (i64.const 0) (i32.const 8))) (call $sfree (local.get $s)))
)
