;; As the refused case of this name, but it frees it
;; expect: OK
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "next.take" (func $Item.next.take (param externref) (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func (export "main") (local $i externref) (local $next externref)
    (local.set $i (call $Item.new))
    (call $Item.next.put (local.get $i) (call $Item.new))
    (block $end
      (loop $walk
        (br_if $end (ref.is_null (local.get $i)))
        (local.set $next (call $Item.next.take (local.get $i)))
        (call $Item.free (local.get $i))
        (local.set $i (local.get $next))
        (br $walk))))
)
