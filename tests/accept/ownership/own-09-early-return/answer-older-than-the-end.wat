;; As the refused case of this name, but the other end is closed first
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
  (import "singula/Bell" "exp.poll" (func $Bell.exp.poll (param externref) (result i32)))
  (import "singula/Bell" "imp.close" (func $Bell.imp.close (param externref)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $t i32) (local $u i32)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Bell.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (local.set $t (call $Bell.exp.poll (local.get $s)))
    (call $Bell.exp.abandon (local.get $s))
    (if (i32.eq (local.get $t) (i32.const -2)) (then (call $Bell.imp.close (local.get $c)) (return)))
    (call $Bell.imp.close (local.get $c)))
)
