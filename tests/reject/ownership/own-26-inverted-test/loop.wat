;; A walk that goes on while there is nothing to walk
;; expect: OWN_LEAK func=4 offset=0xab
;; monitor: MON_LEAK
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.take" (func $Item.next.take (param externref) (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "alloc" (func $Item.alloc (result externref)))
  (memory 1)
  (func (export "main") (local $i externref) (local $next externref)
    (local.set $i (call $Item.new))
    (block $end
      (loop $walk
        (local.set $next (call $Item.next.take (local.get $i)))
        (call $Item.free (local.get $i))
        (local.set $i (call $Item.alloc))
        (call $Item.free (local.get $next))
        (br_if $end (i32.eqz (ref.is_null (local.get $i)))) ;; <- refused here
        (local.set $i (call $Item.new))
        (br $walk))))
)
