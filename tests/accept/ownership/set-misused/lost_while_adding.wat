;; As the refused case of this name, but it has one
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
  (import "singula/Bell" "set.exp.Door.new" (func $Bell.set.exp.Door.new (result externref)))
  (import "singula/Bell" "set.exp.Door.add" (func $Bell.set.exp.Door.add (param externref externref i64)))
  (import "singula/Bell" "set.exp.Door.free" (func $Bell.set.exp.Door.free (param externref)))
  (import "singula/Bell" "imp.abandon" (func $Bell.imp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $set externref)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Bell.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (local.set $set (call $Bell.set.exp.Door.new))
    (if (ref.is_null (local.get $set)) (then (unreachable)))
    (local.get $set) (local.get $s)
    (call $Bell.set.exp.Door.add (i64.const 1))
    (call $Bell.set.exp.Door.free (local.get $set))
    (call $Bell.imp.abandon (local.get $c)))
)
