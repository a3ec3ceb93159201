;; Two names that are one node, and one is put into the other
;; expect: OWN_SAME_TWICE func=3 offset=0x7b
;; monitor: MON_SELF
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "right.put" (func $Node.right.put (param externref externref)))
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func $adopt (param $parent externref) (param $child externref)
    (call $Node.right.put (local.get $parent) (local.get $child))) ;; <- refused here
  (func (export "main") (local $n externref) (local $m externref)
    (local.set $n (call $Node.new))
    (local.set $m (local.get $n))
    (call $adopt (local.get $n) (local.get $m))
    (call $Node.free (local.get $n)))
)
