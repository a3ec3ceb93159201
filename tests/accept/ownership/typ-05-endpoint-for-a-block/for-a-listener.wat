;; As the refused case of this name, but from a listener
;; expect: OK
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "exp.listen" (func $Bell.exp.listen (param i32 i32) (result externref)))
  (import "singula/Bell" "listener.accept" (func $Bell.listener.accept (param externref) (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (import "singula/Bell" "listener.close" (func $Bell.listener.close (param externref)))
  (memory 1)
  (data (i32.const 0) "bell")
  (func (export "main") (local $l externref) (local $s externref)
    (local.set $s (call $Bell.exp.listen (i32.const 0) (i32.const 4)))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $l (local.get $s))
    (local.set $s (ref.null extern))
    (local.set $s (call $Bell.listener.accept (local.get $l)))
    (if (i32.eqz (ref.is_null (local.get $s))) (then (call $Bell.exp.abandon (local.get $s))))
    (call $Bell.listener.close (local.get $l)))
)
