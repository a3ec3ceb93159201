;; A recursive helper frees a list to its end; the caller walks it again
;; expect: OWN_USE_AFTER_MOVE func=6 offset=0xe0
;; monitor: MON_DEAD
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "next.take" (func $Item.next.take (param externref) (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "value.set" (func $Item.value.set (param externref i32)))
  (memory 1)
  (func $drain (param $i externref) (local $next externref)
    (if (ref.is_null (local.get $i)) (then (return)))
    (local.set $next (call $Item.next.take (local.get $i)))
    (call $Item.free (local.get $i))
    (call $drain (local.get $next)))
  (func (export "main") (local $head externref) (local $i externref)
    (local.set $head (call $Item.new))
    (call $Item.next.put (local.get $head) (call $Item.new))
    (call $drain (local.get $head))
    (call $Item.value.set (local.get $head) (i32.const 3)) ;; <- refused here
  )
)
