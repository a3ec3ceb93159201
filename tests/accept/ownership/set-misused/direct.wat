;; As the refused case, but it is used before
;; expect: OK
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
  (import "singula/Press" "set.exp.Idle.free" (func $sfree (param externref)))
  (import "singula/Press" "imp.abandon" (func $iabandon (param externref)))
  (memory 1)
  (func $main (export "main") (local $e externref) (local $i externref) (local $s externref) (local $n i32)
    (local.set $e (call $chan)) (if (ref.is_null (local.get $e)) (then (return)))
    (local.set $i (call $peer (local.get $e))) (if (ref.is_null (local.get $i)) (then (unreachable))) (local.set $s (call $snew)) (if (ref.is_null (local.get $s)) (then (unreachable))) (drop (ref.is_null (local.get $e))) (call $sadd (local.get $s) (local.get $e) (i64.const 1)) (call $sfree (local.get $s)) (call $iabandon (local.get $i)))
)
