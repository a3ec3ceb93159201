;; As the refused case of this name, but while there is something
;; expect: OK
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.take" (func $Item.next.take (param externref) (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "alloc" (func $Item.alloc (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $i externref) (local $next externref)
    (local.set $i (call $Item.new))
    (block $end
      (loop $walk
        (local.set $next (call $Item.next.take (local.get $i)))
        (call $Item.free (local.get $i))
        (local.set $i (call $Item.alloc))
        (call $Item.free (local.get $next))
        (br_if $end (ref.is_null (local.get $i)))
        (if (i32.eqz (call $choose)) (then (call $Item.free (local.get $i)) (br $end)))
        (br $walk))))
)
