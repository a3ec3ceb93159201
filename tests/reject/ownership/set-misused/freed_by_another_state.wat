;; A set is freed as one of ends in another state
;; expect: TYP_MISMATCH func=2 offset=0x81
;; monitor: MON_ROLE
;; contract: contract Tour capacity 4 {
;; contract:   in message Left();
;; contract:   in message Right();
;; contract:   in message Up();
;; contract:   in message Down();
;; contract:   state Start: one { Left? -> Hill; Right? -> Dale; end; }
;; contract:   state Hill: one { Up? -> Start; end; }
;; contract:   state Dale: one { Down? -> Start; end; }
;; contract: }
(module
  (import "singula/Tour" "set.exp.Hill.new" (func $Tour.set.exp.Hill.new (result externref)))
  (import "singula/Tour" "set.exp.Dale.free" (func $Tour.set.exp.Dale.free (param externref)))
  (memory 1)
  (func (export "main") (local $s externref)
    (local.set $s (call $Tour.set.exp.Hill.new))
    (if (ref.is_null (local.get $s)) (then (return)))
    (call $Tour.set.exp.Dale.free (local.get $s))) ;; <- refused here
)
