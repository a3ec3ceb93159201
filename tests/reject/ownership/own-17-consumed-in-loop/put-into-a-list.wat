;; The same item is put in front of the list in each round
;; expect: OWN_SPLIT func=4 offset=0xb7
;; monitor: MON_DEAD
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "value.set" (func $Item.value.set (param externref i32)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func (export "main") (local $head externref) (local $i externref) (local $n i32)
    (local.set $head (call $Item.new))
    (local.set $i (call $Item.new))
    (loop $again
      (call $Item.value.set (local.get $i) (local.get $n))
      (call $Item.next.put (local.get $head) (local.get $i))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3)))) ;; <- refused here
    (call $Item.free (local.get $head)))
)
