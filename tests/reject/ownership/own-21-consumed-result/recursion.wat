;; A recursive helper frees a list and returns its old head
;; expect: OWN_USE_AFTER_FREE func=3 offset=0x89
;; monitor: MON_DEAD
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "next.take" (func $Item.next.take (param externref) (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (memory 1)
  (func $reset (param $i externref) (result externref) (local $rest externref)
    (local.set $rest (call $Item.next.take (local.get $i)))
    (if (i32.eqz (ref.is_null (local.get $rest)))
      (then (call $Item.free (call $reset (local.get $rest))))) ;; <- refused here
    (call $Item.free (local.get $i))
    (local.get $i))
  (func (export "main")
    (call $Item.free (call $reset (call $Item.new))))
)
