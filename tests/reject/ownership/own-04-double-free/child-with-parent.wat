;; A tree is freed, and then a child that was taken out and put back before
;; expect: OWN_USE_AFTER_MOVE func=5 offset=0xda
;; monitor: MON_DEAD
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "left.put" (func $Node.left.put (param externref externref)))
  (import "singula/Node" "left.take" (func $Node.left.take (param externref) (result externref)))
  (import "singula/Node" "key.set" (func $Node.key.set (param externref i32)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func (export "main") (local $root externref) (local $left externref)
    (local.set $root (call $Node.new))
    (call $Node.left.put (local.get $root) (call $Node.new))
    (local.set $left (call $Node.left.take (local.get $root)))
    (if (ref.is_null (local.get $left)) (then (unreachable)))
    (call $Node.key.set (local.get $left) (i32.const 2))
    (call $Node.left.put (local.get $root) (local.get $left))
    (call $Node.free (local.get $root))
    (call $Node.free (local.get $left))) ;; <- refused here
)
