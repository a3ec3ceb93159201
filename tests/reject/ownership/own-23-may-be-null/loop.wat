;; Tested in the first round only
;; expect: OWN_MAYBE_NULL func=5 offset=0xb1
;; monitor: MON_NULL
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "value.get" (func $Item.value.get (param externref) (result i32)))
  (import "singula/Item" "next.take" (func $Item.next.take (param externref) (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $i externref) (local $next externref)
    (local.set $i (call $Item.new))
    (loop $walk
      (i32.store (i32.const 0) (call $Item.value.get (local.get $i))) ;; <- refused here
      (local.set $next (call $Item.next.take (local.get $i)))
      (call $Item.free (local.get $i))
      (local.set $i (local.get $next))
      (br_if $walk (call $choose)))
    (call $Item.free (local.get $i)))
)
