;; As the refused case of this name, but the child is not put back
;; expect: OK
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "left.put" (func $Node.left.put (param externref externref)))
  (import "singula/Node" "left.take" (func $Node.left.take (param externref) (result externref)))
  (import "singula/Node" "right.put" (func $Node.right.put (param externref externref)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func (export "main") (local $p externref) (local $c externref)
    (local.set $p (call $Node.new))
    (call $Node.left.put (local.get $p) (call $Node.new))
    (local.set $c (call $Node.left.take (local.get $p)))
    (if (ref.is_null (local.get $c)) (then (unreachable)))
    (call $Node.right.put (local.get $c) (local.get $p))
    (call $Node.free (local.get $c))
  )
)
