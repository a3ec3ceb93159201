;; An end whose next message was looked at is stored
;; expect: TYP_ENDPOINT_STATE func=6 offset=0x10c
;; monitor: - a tag that was looked at may be the one that is known
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
  (import "singula/Press" "exp.poll" (func $poll (param externref) (result i32)))
  (import "singula/Press" "slot.exp.Idle.swap" (func $eswap (param i32 externref) (result externref)))
  (import "singula/Press" "exp.abandon" (func $eabandon (param externref)))
  (import "singula/Press" "imp.abandon" (func $iabandon (param externref)))
  (memory 1)
  (func $main (export "main") (local $e externref) (local $i externref) (local $n i32)
    (local.set $e (call $chan)) (if (ref.is_null (local.get $e)) (then (return)))
    (local.set $i (call $peer (local.get $e))) (if (ref.is_null (local.get $i)) (then (unreachable))) (drop (call $poll (local.get $e))) (local.set $e (call $eswap (i32.const 0) (local.get $e))) (if (i32.eqz (ref.is_null (local.get $e))) (then (call $eabandon (local.get $e)))) (call $iabandon (local.get $i)))
)
