;; As the refused case of this name, but the server's on both
;; expect: OK
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $s externref) (local $e externref)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (if (call $choose)
      (then (local.set $e (local.get $s)))
      (else
        (local.set $e (call $Bell.channel))
        (call $Bell.exp.abandon (local.get $s))))
    (if (i32.eqz (ref.is_null (local.get $e))) (then (call $Bell.exp.abandon (local.get $e)))))
)
