;; The set has no name any more when it is waited for
;; expect: OWN_LEAK func=3 offset=0xac
;; monitor: MON_LEAK
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "set.exp.Door.new" (func $Bell.set.exp.Door.new (result externref)))
  (import "singula/Bell" "set.exp.Door.wait" (func $Bell.set.exp.Door.wait (param externref i64 i32) (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $set externref) (local $s externref)
    (local.set $set (call $Bell.set.exp.Door.new))
    (if (ref.is_null (local.get $set)) (then (return)))
    (local.get $set)
    (local.set $set (ref.null extern))
    (local.set $s (call $Bell.set.exp.Door.wait (i64.const 0) (i32.const 64))) ;; <- refused here
    (if (i32.eqz (ref.is_null (local.get $s))) (then (call $Bell.exp.abandon (local.get $s)))))
)
