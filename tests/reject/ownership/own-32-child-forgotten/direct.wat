;; A child is taken out and dropped
;; expect: OWN_LEAK func=4 offset=0xa3
;; monitor: MON_LEAK
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
    (drop (call $Node.left.take (local.get $n))) ;; <- refused here
    (call $Node.free (local.get $n)))
)
