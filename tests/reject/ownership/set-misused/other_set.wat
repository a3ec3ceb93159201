;; The operations of another set are used
;; expect: TYP_MISMATCH func=4 offset=0xcf
;; monitor: MON_ROLE
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
  (import "singula/Press" "set.imp.Busy.wait" (func $bwait (param externref i64 i32) (result externref)))
  (import "singula/Press" "imp.abandon" (func $iabandon (param externref)))
  (import "singula/Press" "set.exp.Idle.free" (func $sfree (param externref)))
  (memory 1)
  (func $main (export "main") (local $i externref) (local $s externref) (local $n i32)
    (local.set $s (call $snew)) (if (ref.is_null (local.get $s)) (then (unreachable))) (local.set $i (call $bwait (local.get $s) (i64.const 0) (i32.const 8))) (if (i32.eqz (ref.is_null (local.get $i))) (then (call $iabandon (local.get $i)))) (call $sfree (local.get $s)))
)
