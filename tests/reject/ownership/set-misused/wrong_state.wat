;; An end in another state is added
;; expect: TYP_ENDPOINT_STATE func=6 offset=0x11b
;; monitor: MON_STATE
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
  (import "singula/Press" "set.imp.Busy.new" (func $bnew (result externref)))
  (import "singula/Press" "set.imp.Busy.add" (func $badd (param externref externref i64)))
  (import "singula/Press" "set.imp.Busy.free" (func $bfree (param externref)))
  (import "singula/Press" "exp.abandon" (func $eabandon (param externref)))
  (memory 1)
  (func $main (export "main") (local $e externref) (local $i externref) (local $s externref) (local $n i32)
    (local.set $e (call $chan)) (if (ref.is_null (local.get $e)) (then (return)))
    (local.set $i (call $peer (local.get $e))) (if (ref.is_null (local.get $i)) (then (unreachable))) (local.set $s (call $bnew)) (if (ref.is_null (local.get $s)) (then (unreachable))) (call $badd (local.get $s) (local.get $i) (i64.const 1)) (call $bfree (local.get $s)) (call $eabandon (local.get $e)))
)
