;; The set has no name any more when an end is added to it
;; expect: OWN_LEAK func=6 offset=0x115
;; monitor: MON_LEAK
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
    (local.set $set (ref.null extern))
    (call $Bell.set.exp.Door.add (i64.const 1)) ;; <- refused here
    (call $Bell.imp.abandon (local.get $c)))
)
