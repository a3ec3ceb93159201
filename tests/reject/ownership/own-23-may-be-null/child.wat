;; A child is taken out and read untested
;; expect: OWN_MAYBE_NULL func=6 offset=0xdb
;; monitor: MON_NULL
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "left.put" (func $Node.left.put (param externref externref)))
  (import "singula/Node" "left.take" (func $Node.left.take (param externref) (result externref)))
  (import "singula/Node" "key.get" (func $Node.key.get (param externref) (result i32)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $n externref) (local $l externref)
    (local.set $n (call $Node.new))
    (if (call $choose) (then (call $Node.left.put (local.get $n) (call $Node.new))))
    (local.set $l (call $Node.left.take (local.get $n)))
    (i32.store (i32.const 0) (call $Node.key.get (local.get $l))) ;; <- refused here
    (call $Node.free (local.get $l))
    (call $Node.free (local.get $n)))
)
