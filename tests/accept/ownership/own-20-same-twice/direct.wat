;; As the refused case of this name, but into another one
;; expect: OK
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "left.put" (func $Node.left.put (param externref externref)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func (export "main") (local $n externref) (local $m externref)
    (local.set $n (call $Node.new))
    (local.set $m (call $Node.new))
    (call $Node.left.put (local.get $n) (local.get $m))
    (call $Node.free (local.get $n)))
)
