;; A helper takes a child out to look at it
;; expect: OWN_LEAK func=5 offset=0xcb
;; monitor: MON_LEAK
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "left.take" (func $Node.left.take (param externref) (result externref)))
  (import "singula/Node" "key.get" (func $Node.key.get (param externref) (result i32)))
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "left.put" (func $Node.left.put (param externref externref)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func $left_key (param $n externref) (result i32) (local $c externref) (local $k i32)
    (local.set $c (call $Node.left.take (local.get $n)))
    (if (ref.is_null (local.get $c)) (then (return (i32.const 0))))
    (local.set $k (call $Node.key.get (local.get $c)))
    (local.get $k)
    ;; refused here: at the end
  )
  (func (export "main") (local $n externref)
    (local.set $n (call $Node.new))
    (call $Node.left.put (local.get $n) (call $Node.new))
    (i32.store (i32.const 0) (call $left_key (local.get $n)))
    (call $Node.free (local.get $n)))
)
