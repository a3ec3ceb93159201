;; The loop ends when the reference is null, and then it is used
;; expect: OWN_NULL func=4 offset=0xb5
;; monitor: MON_NULL
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.take" (func $Item.next.take (param externref) (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "value.get" (func $Item.value.get (param externref) (result i32)))
  (memory 1)
  (func (export "main") (local $i externref) (local $next externref) (local $last i32)
    (local.set $i (call $Item.new))
    (loop $walk
      (local.set $next (call $Item.next.take (local.get $i)))
      (call $Item.free (local.get $i))
      (local.set $i (local.get $next))
      (br_if $walk (i32.eqz (ref.is_null (local.get $i)))))
    (local.set $last (call $Item.value.get (local.get $i))) ;; <- refused here
    (i32.store (i32.const 0) (local.get $last)))
)
