;; A list is closed to a ring: its head would be owned by its last item, and nobody by the list
;; expect: OWN_USE_AFTER_MOVE func=2 offset=0x71
;; monitor: MON_DEAD
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (memory 1)
  (func (export "main") (local $head externref) (local $last externref)
    (local.set $head (call $Item.new))
    (local.set $last (call $Item.new))
    (call $Item.next.put (local.get $head) (local.get $last))
    (call $Item.next.put (local.get $last) (local.get $head)) ;; <- refused here
  )
)
