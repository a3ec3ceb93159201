;; As the refused case of this name, but it appends in front
;; expect: OK
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func (export "main") (local $head externref) (local $tail externref) (local $i externref) (local $n i32)
    (local.set $head (call $Item.new))
    (loop $again
      (local.set $i (call $Item.new))
      (call $Item.next.put (local.get $i) (local.get $head))
      (local.set $head (local.get $i))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
    (call $Item.free (local.get $head)))
)
