;; As the refused case of this name, but the end is abandoned in that case
;; expect: OK
;; contract: contract Bell capacity 4 {
;; contract:   in message Ring();
;; contract:   in message Knock();
;; contract:   state Door: one { Ring? -> Door; Knock? -> Door; end; }
;; contract: }
(module
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "exp.peer" (func $Bell.exp.peer (param externref) (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (import "singula/Bell" "imp.close" (func $Bell.imp.close (param externref)))
  (import "singula/Bell" "exp.next" (func $Bell.exp.next (param externref) (result i32)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $t i32) (local $u i32)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Bell.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (call $Bell.imp.close (local.get $c))
    (if (i32.eq (call $Bell.exp.next (local.get $s)) (i32.const -1))
      (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (call $Bell.exp.abandon (local.get $s)))
)
