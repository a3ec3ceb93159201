;; A set is freed as one of the other ends
;; expect: TYP_MISMATCH func=2 offset=0x81
;; monitor: MON_ROLE
;; contract: contract Last {
;; contract:   in message Go();
;; contract:   state Start: Go? -> Over;
;; contract:   state Over: one { end; }
;; contract: }
(module
  (import "singula/Last" "set.exp.Over.new" (func $Last.set.exp.Over.new (result externref)))
  (import "singula/Last" "set.imp.Over.free" (func $Last.set.imp.Over.free (param externref)))
  (memory 1)
  (func (export "main") (local $s externref)
    (local.set $s (call $Last.set.exp.Over.new))
    (if (ref.is_null (local.get $s)) (then (return)))
    (call $Last.set.imp.Over.free (local.get $s))) ;; <- refused here
)
