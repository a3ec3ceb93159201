;; A helper returns its parameter; its result is put into the argument
;; expect: OWN_SAME_TWICE func=5 offset=0xb0
;; monitor: MON_SELF
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "value.set" (func $Item.value.set (param externref i32)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func $last (param $i externref) (result externref)
    (call $Item.value.set (local.get $i) (i32.const 1))
    (local.get $i)
  )
  (func (export "main") (local $i externref)
    (local.set $i (call $Item.new))
    (call $Item.next.put (local.get $i) (call $last (local.get $i))) ;; <- refused here
    (call $Item.free (local.get $i)))
)
