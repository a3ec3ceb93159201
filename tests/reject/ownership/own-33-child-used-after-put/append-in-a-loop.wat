;; The loop keeps the name of the item that it has appended, to append the next one there
;; expect: OWN_USE_AFTER_MOVE func=3 offset=0x91
;; monitor: MON_DEAD
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func (export "main") (local $head externref) (local $tail externref) (local $i externref) (local $n i32)
    (local.set $head (call $Item.new))
    (local.set $tail (call $Item.new))
    (call $Item.next.put (local.get $head) (local.get $tail))
    (loop $again
      (local.set $i (call $Item.new))
      (call $Item.next.put (local.get $tail) (local.get $i)) ;; <- refused here
      (local.set $tail (local.get $i))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
    (call $Item.free (local.get $head)))
)
