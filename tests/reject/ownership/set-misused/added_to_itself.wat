;; A set is added to itself
;; expect: TYP_MISMATCH func=3 offset=0xb0
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
  (import "singula/Press" "set.exp.Idle.new" (func $snew (result externref)))
  (import "singula/Press" "set.exp.Idle.add" (func $sadd (param externref externref i64)))
  (import "singula/Press" "set.exp.Idle.free" (func $sfree (param externref)))
  (memory 1)
  (func $main (export "main") (local $s externref) (local $n i32)
    (local.set $s (call $snew)) (if (ref.is_null (local.get $s)) (then (unreachable))) (call $sadd (local.get $s) (local.get $s) (i64.const 1)) (call $sfree (local.get $s)))
)
