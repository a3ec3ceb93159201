;; As the refused case of this name, but it is freed
;; expect: OK
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "left.put" (func $Node.left.put (param externref externref)))
  (import "singula/Node" "left.take" (func $Node.left.take (param externref) (result externref)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func (export "main") (local $n externref)
    (local.set $n (call $Node.new))
    (call $Node.left.put (local.get $n) (call $Node.new))
    (call $Node.free (call $Node.left.take (local.get $n)))
    (call $Node.free (local.get $n)))
)
