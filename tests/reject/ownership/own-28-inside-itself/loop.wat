;; Building a list from behind, the loop puts the item into itself because it moved on too early
;; expect: OWN_SAME_TWICE func=3 offset=0x98
;; monitor: MON_SELF
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func (export "main") (local $head externref) (local $i externref) (local $n i32)
    (local.set $head (call $Item.new))
    (loop $again
      (local.set $i (call $Item.new))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (call $Item.next.put (local.get $i) (local.get $head))
      (local.set $head (local.get $i))
      (call $Item.next.put (local.get $i) (local.get $head)) ;; <- refused here
      (br_if $again (i32.lt_u (local.get $n) (i32.const 3))))
    (call $Item.free (local.get $head)))
)
