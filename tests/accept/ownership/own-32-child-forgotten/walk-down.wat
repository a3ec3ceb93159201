;; As the refused case of this name, but it frees the right child
;; expect: OK
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "left.put" (func $Node.left.put (param externref externref)))
  (import "singula/Node" "right.put" (func $Node.right.put (param externref externref)))
  (import "singula/Node" "left.take" (func $Node.left.take (param externref) (result externref)))
  (import "singula/Node" "right.take" (func $Node.right.take (param externref) (result externref)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (memory 1)
  (func (export "main") (local $n externref) (local $l externref) (local $r externref)
    (local.set $n (call $Node.new))
    (call $Node.left.put (local.get $n) (call $Node.new))
    (call $Node.right.put (local.get $n) (call $Node.new))
    (block $end
      (loop $down
        (br_if $end (ref.is_null (local.get $n)))
        (local.set $l (call $Node.left.take (local.get $n)))
        (local.set $r (call $Node.right.take (local.get $n)))
        (call $Node.free (local.get $n))
        (call $Node.free (local.get $r))
        (local.set $n (local.get $l))
        (br $down))))
)
