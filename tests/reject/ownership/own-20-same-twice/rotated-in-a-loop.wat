;; After the first round of a loop both names are of one node
;; expect: OWN_LEAK func=4 offset=0x99
;; monitor: MON_LEAK
;; contract: block Node { key: i32; left: Node; right: Node; }
(module
  (import "singula/Node" "new" (func $Node.new (result externref)))
  (import "singula/Node" "key.set" (func $Node.key.set (param externref i32)))
  (import "singula/Node" "free" (func $Node.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $n externref) (local $m externref)
    (local.set $n (call $Node.new))
    (local.set $m (call $Node.new))
    (loop $again
      (call $Node.key.set (local.get $m) (i32.const 1))
      (local.set $m (local.get $n)) ;; <- refused here
      (br_if $again (call $choose)))
    (call $Node.free (local.get $n)))
)
