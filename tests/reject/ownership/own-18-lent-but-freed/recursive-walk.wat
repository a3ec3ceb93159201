;; A recursive search through a tree frees the node that it looks at; the one above goes on with it
;; expect: OWN_USE_AFTER_MOVE func=5 offset=0xd3
;; monitor: MON_DEAD
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "left.take" (func $Node.left.take (param externref) (result externref)))
  (import "singula/Node" "left.put" (func $Node.left.put (param externref externref)))
  (import "singula/Node" "key.get" (func $Node.key.get (param externref) (result i32)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (memory 1)
  (func $sum (param $n externref) (result i32) (local $s i32) (local $kid externref)
    (if (ref.is_null (local.get $n)) (then (return (i32.const 0))))
    (local.set $kid (call $Node.left.take (local.get $n)))
    (local.set $s (call $sum (local.get $kid)))
    (if (i32.eqz (ref.is_null (local.get $kid)))
      (then (call $Node.left.put (local.get $n) (local.get $kid)))) ;; <- refused here
    (local.set $s (i32.add (local.get $s) (call $Node.key.get (local.get $n))))
    (call $Node.free (local.get $n))
    (local.get $s))
  (func (export "main") (local $root externref)
    (local.set $root (call $Node.new))
    (call $Node.left.put (local.get $root) (call $Node.new))
    (i32.store (i32.const 0) (call $sum (local.get $root)))
  )
)
