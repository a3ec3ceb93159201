;; The child is freed, then its parent
;; expect: OWN_USE_AFTER_MOVE func=3 offset=0x87
;; monitor: MON_DEAD
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "left.put" (func $Node.left.put (param externref externref)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func (export "main") (local $n externref) (local $c externref)
    (local.set $n (call $Node.new))
    (local.set $c (call $Node.new))
    (call $Node.left.put (local.get $n) (local.get $c))
    (call $Node.free (local.get $c)) ;; <- refused here
    (call $Node.free (local.get $n)))
)
