;; As the refused case of this name, but the list is put into a new head
;; expect: OK
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func (export "main") (local $head externref) (local $last externref)
    (local.set $head (call $Item.new))
    (local.set $last (call $Item.new))
    (call $Item.next.put (local.get $head) (local.get $last))
    (local.set $last (call $Item.new))
    (call $Item.next.put (local.get $last) (local.get $head))
    (call $Item.free (local.get $last))
  )
)
