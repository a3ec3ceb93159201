;; A node becomes its own right child
;; expect: OWN_SAME_TWICE func=3 offset=0x80
;; monitor: MON_SELF
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "right.put" (func $Node.right.put (param externref externref)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func (export "main") (local $n externref)
    (local.set $n (call $Node.new))
    (call $Node.right.put (local.get $n) (local.get $n)) ;; <- refused here
    (call $Node.free (local.get $n)))
)
