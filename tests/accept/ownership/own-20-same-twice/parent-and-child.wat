;; As the refused case of this name, but they are two nodes
;; expect: OK
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "right.put" (func $Node.right.put (param externref externref)))
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func $adopt (param $parent externref) (param $child externref)
    (call $Node.right.put (local.get $parent) (local.get $child)))
  (func (export "main") (local $n externref) (local $m externref)
    (local.set $n (call $Node.new))
    (local.set $m (call $Node.new))
    (call $adopt (local.get $n) (local.get $m))
    (call $Node.free (local.get $n)))
)
