;; As the refused case of this name, but tested
;; expect: OK
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "exp.listen" (func $Bell.exp.listen (param i32 i32) (result externref)))
  (import "singula/Bell" "listener.close" (func $Bell.listener.close (param externref)))
  (memory 1)
  (data (i32.const 0) "bell")
  (func (export "main") (local $l externref)
    (local.set $l (call $Bell.exp.listen (i32.const 0) (i32.const 4)))
    (if (i32.eqz (ref.is_null (local.get $l))) (then (call $Bell.listener.close (local.get $l)))))
)
