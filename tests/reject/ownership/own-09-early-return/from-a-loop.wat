;; A search returns from inside its loop while it holds an item
;; expect: OWN_LEAK func=6 offset=0xeb
;; monitor: MON_LEAK
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "next.take" (func $Item.next.take (param externref) (result externref)))
  (import "singula/Item" "value.get" (func $Item.value.get (param externref) (result i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func $push (param $rest externref) (result externref) (local $i externref)
    (local.set $i (call $Item.new))
    (if (i32.eqz (ref.is_null (local.get $rest)))
      (then (call $Item.next.put (local.get $i) (local.get $rest))))
    (local.get $i))
  (func $find (param $i externref) (result i32) (local $next externref)
    (block $end
      (loop $walk
        (br_if $end (ref.is_null (local.get $i)))
        (local.set $next (call $Item.next.take (local.get $i)))
        (if (i32.eq (call $Item.value.get (local.get $i)) (i32.const 0))
          (then
            (call $Item.free (local.get $i))
            (return (i32.const 1)))) ;; <- refused here
        (call $Item.free (local.get $i))
        (local.set $i (local.get $next))
        (br $walk)))
    (i32.const 0))
  (func (export "main")
    (i32.store (i32.const 0) (call $find (call $push (call $push (ref.null extern))))))
)
