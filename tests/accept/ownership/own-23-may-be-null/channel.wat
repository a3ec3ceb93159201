;; As the refused case of this name, but tested
;; expect: OK
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $s externref)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (call $Bell.exp.abandon (local.get $s)))
)
