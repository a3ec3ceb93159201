;; A set is freed as one of another contract's ends
;; expect: TYP_MISMATCH func=2 offset=0x7f
;; monitor: MON_ROLE
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
;; contract: contract Walk {
;; contract:   in message Step();
;; contract:   out message Stop();
;; contract:   state Go: one { Step? -> Wait; end; }
;; contract:   state Wait: Stop! -> Go;
;; contract: }
(module
  (import "singula/Bell" "set.exp.Door.new" (func $Bell.set.exp.Door.new (result externref)))
  (import "singula/Walk" "set.exp.Go.free" (func $Walk.set.exp.Go.free (param externref)))
  (memory 1)
  (func (export "main") (local $s externref)
    (local.set $s (call $Bell.set.exp.Door.new))
    (if (ref.is_null (local.get $s)) (then (return)))
    (call $Walk.set.exp.Go.free (local.get $s))) ;; <- refused here
)
