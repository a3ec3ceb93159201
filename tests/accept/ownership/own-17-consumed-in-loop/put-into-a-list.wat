;; As the refused case of this name, but a new one each time
;; expect: OK
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "value.set" (func $Item.value.set (param externref i32)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func (export "main") (local $head externref) (local $i externref) (local $n i32)
    (local.set $head (call $Item.new))
    (loop $again
      (local.set $i (call $Item.new))
      (call $Item.value.set (local.get $i) (local.get $n))
      (call $Item.next.put (local.get $head) (local.get $i))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
    (call $Item.free (local.get $head)))
)
