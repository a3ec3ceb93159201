;; As the refused case of this name, but tested
;; expect: OK
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "imp.connect" (func $Bell.imp.connect (param i32 i32) (result externref)))
  (import "singula/Bell" "imp.abandon" (func $Bell.imp.abandon (param externref)))
  (memory 1)
  (data (i32.const 0) "bell")
  (func (export "main") (local $c externref)
    (local.set $c (call $Bell.imp.connect (i32.const 0) (i32.const 4)))
    (if (i32.eqz (ref.is_null (local.get $c))) (then (call $Bell.imp.abandon (local.get $c)))))
)
