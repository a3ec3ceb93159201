;; As the refused case of this name, but the second name gets a new node
;; expect: OK
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "key.set" (func $Node.key.set (param externref i32)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (import "singula/Node" "left.put" (func $Node.left.put (param externref externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $n externref) (local $m externref)
    (local.set $n (call $Node.new))
    (local.set $m (call $Node.new))
    (loop $again
      (call $Node.key.set (local.get $m) (i32.const 1))
      (call $Node.left.put (local.get $n) (local.get $m))
      (local.set $m (call $Node.new))
      (br_if $again (call $choose)))
    (call $Node.free (local.get $m))
    (call $Node.free (local.get $n)))
)
