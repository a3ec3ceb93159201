;; As the refused case of this name, but another node does
;; expect: OK
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "right.put" (func $Node.right.put (param externref externref)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func (export "main") (local $n externref)
    (local.set $n (call $Node.new))
    (call $Node.right.put (local.get $n) (call $Node.new))
    (call $Node.free (local.get $n)))
)
