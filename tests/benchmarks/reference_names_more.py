"""More styles of names for `reference_names`, written down before the rule was looked at: other people's habits.

Of every application a few tables as its own schema names them, with the columns that are no references among them.
"""

from __future__ import annotations

MORE_STYLES = {
    "forum": """
users: id integer, username text, approved_by_id integer > users
topics: id integer, user_id integer > users, category_id integer > categories, last_post_user_id integer > users, \
featured_user1_id integer > users, image_upload_id bigint > uploads, external_id text
posts: id integer, user_id integer > users, topic_id integer > topics, reply_to_post_number integer, \
reply_to_user_id integer > users, deleted_by_id integer > users, locked_by_id integer > users
categories: id integer, topic_id integer > topics, user_id integer > users, parent_category_id integer > categories, \
uploaded_logo_id bigint > uploads, latest_post_id integer > posts
uploads: id bigint, user_id integer > users, access_control_post_id bigint > posts
post_actions: id integer, post_id integer > posts, user_id integer > users, post_action_type_id integer > \
post_action_types, staff_took_action boolean, targets_topic boolean, related_post_id integer > posts
post_action_types: id integer, name_key text
user_badges: id integer, badge_id integer > badges, user_id integer > users, granted_by_id integer > users, \
post_id integer > posts, notification_id bigint > notifications
badges: id integer, badge_grouping_id integer > badge_groupings, badge_type_id integer > badge_types
badge_groupings: id integer
badge_types: id integer
notifications: id bigint, user_id integer > users, topic_id integer > topics, post_action_id integer > post_actions
reviewables: id bigint, target_id integer, target_type text, target_created_by_id integer > users, \
topic_id integer > topics, category_id integer > categories
user_auth_tokens: id integer, user_id integer > users, auth_token text
""",
    "t_ds": """
t_ds_user: id integer, tenant_id integer > t_ds_tenant, queue text, state integer
t_ds_tenant: id integer, tenant_code text, queue_id integer > t_ds_queue
t_ds_queue: id integer, queue_name text
t_ds_project: id integer, code bigint unique, user_id integer > t_ds_user
t_ds_process_definition: id integer, code bigint unique, project_code bigint > t_ds_project.code, user_id integer > \
t_ds_user, version integer, warning_group_id integer
t_ds_process_instance: id integer, process_definition_code bigint > t_ds_process_definition.code, executor_id \
integer > t_ds_user, tenant_id integer > t_ds_tenant, command_type integer
t_ds_task_instance: id integer, process_instance_id integer > t_ds_process_instance, task_code bigint, \
executor_id integer > t_ds_user, app_link text
t_ds_alert: id integer, alertgroup_id integer > t_ds_alertgroup, process_instance_id integer > t_ds_process_instance
t_ds_alertgroup: id integer, create_user_id integer > t_ds_user
t_ds_schedules: id integer, process_definition_code bigint > t_ds_process_definition.code, user_id integer > \
t_ds_user, environment_code bigint
t_ds_relation_datasource_user: id integer, user_id integer > t_ds_user, datasource_id integer > t_ds_datasource
t_ds_datasource: id integer, user_id integer > t_ds_user, type integer
t_ds_session: id text, user_id integer > t_ds_user
""",
    "erp": """
res_users: id integer, partner_id integer > res_partner, company_id integer > res_company, create_uid integer > \
res_users, write_uid integer > res_users
res_partner: id integer, parent_id integer > res_partner, country_id integer > res_country, state_id integer > \
res_country_state, company_id integer > res_company, commercial_partner_id integer > res_partner, \
user_id integer > res_users, create_uid integer > res_users
res_company: id integer, partner_id integer > res_partner, currency_id integer > res_currency
res_country: id integer, currency_id integer > res_currency
res_country_state: id integer, country_id integer > res_country
res_currency: id integer
sale_order: id integer, partner_id integer > res_partner, partner_invoice_id integer > res_partner, \
pricelist_id integer > product_pricelist, company_id integer > res_company, create_uid integer > res_users
sale_order_line: id integer, order_id integer > sale_order, product_id integer > product_product, \
product_uom integer > uom_uom, currency_id integer > res_currency, salesman_id integer > res_users
product_product: id integer, product_tmpl_id integer > product_template, write_uid integer > res_users
product_template: id integer, categ_id integer > product_category, uom_id integer > uom_uom
product_category: id integer, parent_id integer > product_category
product_pricelist: id integer, company_id integer > res_company
uom_uom: id integer, category_id integer > uom_category
uom_category: id integer
mail_message: id integer, author_id integer > res_partner, res_id integer, model text, parent_id integer > \
mail_message, subtype_id integer > mail_message_subtype, record_name text
mail_message_subtype: id integer
ir_attachment: id integer, res_id integer, res_model text, company_id integer > res_company
""",
    "blog": """
wp_users: ID bigint, user_login text, user_status integer
wp_posts: ID bigint, post_author bigint > wp_users, post_parent bigint > wp_posts, comment_count bigint, menu_order \
integer
wp_comments: comment_ID bigint, comment_post_ID bigint > wp_posts, user_id bigint > wp_users, comment_parent bigint \
> wp_comments
wp_postmeta: meta_id bigint, post_id bigint > wp_posts, meta_key text
wp_usermeta: umeta_id bigint, user_id bigint > wp_users
wp_terms: term_id bigint, term_group bigint
wp_term_taxonomy: term_taxonomy_id bigint, term_id bigint > wp_terms, parent bigint, count bigint
wp_termmeta: meta_id bigint, term_id bigint > wp_terms
wp_commentmeta: meta_id bigint, comment_id bigint > wp_comments
wp_links: link_id bigint, link_owner bigint > wp_users, link_rating integer
""",
    "node": """
users: uid bigint, name text, status integer
node: nid bigint, vid bigint, uid bigint > users, type text, tnid bigint
node_revision: vid bigint, nid bigint > node, uid bigint > users
comment: cid bigint, pid bigint, nid bigint > node, uid bigint > users
taxonomy_term_data: tid bigint, vid bigint > taxonomy_vocabulary
taxonomy_vocabulary: vid bigint, machine_name text
taxonomy_index: id bigint, nid bigint > node, tid bigint > taxonomy_term_data
role: rid bigint, weight integer
users_roles: id bigint, uid bigint > users, rid bigint > role
file_managed: fid bigint, uid bigint > users
file_usage: id bigint, fid bigint > file_managed, type text
""",
    "chat": """
teams: id text, schemeid text, email text
users: id text, authdata text, email text
channels: id text, teamid text > teams, creatorid text > users, schemeid text
posts: id text, userid text > users, channelid text > channels, rootid text > posts, originalid text, \
pendingpostid text
reactions: id text, userid text > users, postid text > posts
fileinfo: id text, creatorid text > users, postid text > posts, channelid text > channels
teammembers: id text, teamid text > teams, userid text > users
channelmembers: id text, channelid text > channels, userid text > users
incomingwebhooks: id text, userid text > users, channelid text > channels, teamid text > teams
sessions: id text, userid text > users, deviceid text
""",
    "errors": """
sentry_organization: id bigint, default_role text
sentry_project: id bigint, organization_id bigint > sentry_organization, first_event timestamptz
sentry_team: id bigint, organization_id bigint > sentry_organization
auth_user: id integer
sentry_organizationmember: id bigint, organization_id bigint > sentry_organization, user_id integer > auth_user, \
inviter_id integer > auth_user
sentry_groupedmessage: id bigint, project_id bigint > sentry_project, first_release_id bigint > sentry_release
sentry_release: id bigint, organization_id bigint > sentry_organization, owner_id integer > auth_user
sentry_groupasignee: id bigint, group_id bigint > sentry_groupedmessage, project_id bigint > sentry_project, \
user_id integer > auth_user, team_id bigint > sentry_team
sentry_projectteam: id bigint, project_id bigint > sentry_project, team_id bigint > sentry_team
sentry_environment: id bigint, organization_id bigint > sentry_organization
sentry_auditlogentry: id bigint, actor_id integer > auth_user, target_object bigint, target_user_id integer > \
auth_user, organization_id bigint > sentry_organization
sentry_rule: id bigint, project_id bigint > sentry_project, environment_id bigint > sentry_environment
""",
    "tickets": """
users: id integer, auth_source_id integer > auth_sources
auth_sources: id integer
projects: id integer, parent_id integer > projects, default_version_id integer > versions, default_assigned_to_id \
integer > users
versions: id integer, project_id integer > projects
trackers: id integer, default_status_id integer > issue_statuses
issue_statuses: id integer
enumerations: id integer, project_id integer > projects, parent_id integer > enumerations
issues: id integer, tracker_id integer > trackers, project_id integer > projects, category_id integer > \
issue_categories, status_id integer > issue_statuses, assigned_to_id integer > users, priority_id integer > \
enumerations, fixed_version_id integer > versions, author_id integer > users, parent_id integer > issues, root_id \
integer > issues
issue_categories: id integer, project_id integer > projects, assigned_to_id integer > users
issue_relations: id integer, issue_from_id integer > issues, issue_to_id integer > issues
journals: id integer, journalized_id integer, journalized_type text, user_id integer > users
time_entries: id integer, project_id integer > projects, user_id integer > users, author_id integer > users, \
issue_id integer > issues, activity_id integer > enumerations
changesets: id integer, repository_id integer > repositories, user_id integer > users, scmid text
repositories: id integer, project_id integer > projects
wikis: id integer, project_id integer > projects
wiki_pages: id integer, wiki_id integer > wikis, parent_id integer > wiki_pages
wiki_contents: id integer, page_id integer > wiki_pages, author_id integer > users
boards: id integer, project_id integer > projects, last_message_id integer > messages, parent_id integer > boards
messages: id integer, board_id integer > boards, parent_id integer > messages, author_id integer > users, \
last_reply_id integer > messages
""",
    "courses": """
mdl_user: id bigint, auth text, idnumber text
mdl_course: id bigint, category bigint > mdl_course_categories, idnumber text, marker bigint
mdl_course_categories: id bigint, parent bigint > mdl_course_categories, depth bigint
mdl_course_modules: id bigint, course bigint > mdl_course, module bigint > mdl_modules, instance bigint, section \
bigint > mdl_course_sections, score smallint
mdl_course_sections: id bigint, course bigint > mdl_course, section bigint
mdl_modules: id bigint, cron bigint
mdl_enrol: id bigint, courseid bigint > mdl_course, roleid bigint > mdl_role, status bigint
mdl_role: id bigint, sortorder bigint
mdl_user_enrolments: id bigint, enrolid bigint > mdl_enrol, userid bigint > mdl_user, modifierid bigint > mdl_user
mdl_forum: id bigint, course bigint > mdl_course, assessed bigint
mdl_forum_discussions: id bigint, course bigint > mdl_course, forum bigint > mdl_forum, firstpost bigint > \
mdl_forum_posts, userid bigint > mdl_user, usermodified bigint > mdl_user
mdl_forum_posts: id bigint, discussion bigint > mdl_forum_discussions, parent bigint > mdl_forum_posts, userid \
bigint > mdl_user
mdl_grade_items: id bigint, courseid bigint > mdl_course, categoryid bigint > mdl_grade_categories, scaleid bigint \
> mdl_scale
mdl_grade_categories: id bigint, courseid bigint > mdl_course, parent bigint > mdl_grade_categories
mdl_scale: id bigint, courseid bigint > mdl_course, userid bigint > mdl_user
mdl_grade_grades: id bigint, itemid bigint > mdl_grade_items, userid bigint > mdl_user, usermodified bigint > mdl_user
""",
    "java": """
CustomerOrder: id bigint, customerId bigint > Customer, billingAddressId bigint > Address, orderStatusId integer > \
OrderStatus, externalOrderId text
Customer: id bigint, defaultAddressId bigint > Address, accountManagerId bigint > Employee, customerNumber bigint
Address: id bigint, customerId bigint > Customer, countryId integer > Country
Country: id integer, isoCode text
OrderStatus: id integer, name text
OrderItem: id bigint, orderId bigint > CustomerOrder, productVariantId bigint > ProductVariant, quantity integer
ProductVariant: id bigint, productId bigint > Product, taxClassId integer > TaxClass
Product: id bigint, manufacturerId bigint > Manufacturer, primaryCategoryId bigint > Category
Manufacturer: id bigint
TaxClass: id integer
Category: id bigint, parentCategoryId bigint > Category
Employee: id bigint, managerId bigint > Employee, departmentId bigint > Department
Department: id bigint, headId bigint > Employee
""",
    "hungarian": """
tblCustomer: lngCustomerID integer, strName text, intStatus integer
tblOrder: lngOrderID integer, lngCustomerID integer > tblCustomer, lngSalesRepID integer > tblEmployee, dtmOrder date
tblOrderDetail: lngOrderDetailID integer, lngOrderID integer > tblOrder, lngProductID integer > tblProduct
tblProduct: lngProductID integer, lngCategoryID integer > tblCategory, lngSupplierID integer > tblSupplier
tblCategory: lngCategoryID integer
tblSupplier: lngSupplierID integer, intCityID integer > tblCity
tblCity: intCityID integer, intCountryID integer > tblCountry
tblCountry: intCountryID integer
tblEmployee: lngEmployeeID integer, lngManagerID integer > tblEmployee, intDeptID integer > tblDept
tblDept: intDeptID integer
""",
    "legacy": """
cust_mst: cust_cd text, cust_nm text, sales_emp_cd text > emp_mst, area_cd text > area_mst
emp_mst: emp_cd text, dept_cd text > dept_mst, boss_emp_cd text > emp_mst
dept_mst: dept_cd text
area_mst: area_cd text
item_mst: item_cd text, item_grp_cd text > item_grp_mst, unit_cd text > unit_mst
item_grp_mst: item_grp_cd text
unit_mst: unit_cd text
ord_hdr: ord_no integer, cust_cd text > cust_mst, emp_cd text > emp_mst, sts_cd text
ord_dtl: ord_dtl_no integer, ord_no integer > ord_hdr, item_cd text > item_mst, whs_cd text > whs_mst
whs_mst: whs_cd text, area_cd text > area_mst
inv_hdr: inv_no integer, ord_no integer > ord_hdr, cust_cd text > cust_mst
""",
    "laravel": """
users: id bigint, current_team_id bigint > teams, remember_token text
teams: id bigint, user_id bigint > users
team_user: id bigint, team_id bigint > teams, user_id bigint > users
team_invitations: id bigint, team_id bigint > teams
personal_access_tokens: id bigint, tokenable_id bigint, tokenable_type text
roles: id bigint
model_has_roles: id bigint, role_id bigint > roles, model_id bigint, model_type text
orders: id bigint, user_id bigint > users, shipping_address_id bigint > addresses, billing_address_id bigint > \
addresses, coupon_id bigint > coupons, paypal_id bigint
addresses: id bigint, user_id bigint > users, country_id bigint > countries
countries: id bigint
coupons: id bigint, created_by bigint > users
order_items: id bigint, order_id bigint > orders, product_id bigint > products
products: id bigint, brand_id bigint > brands, category_id bigint > categories
brands: id bigint
categories: id bigint, parent_id bigint > categories
media: id bigint, model_id bigint, model_type text, order_column integer
""",
    "hospital": """
users: user_id integer, person_id integer > person, creator integer > users, changed_by integer > users
person: person_id integer, creator integer > users, voided_by integer > users, cause_of_death integer > concept
patient: patient_id integer, creator integer > users, voided_by integer > users
encounter: encounter_id integer, encounter_type integer > encounter_type, patient_id integer > patient, location_id \
integer > location, creator integer > users, visit_id integer > visit, form_id integer > form
encounter_type: encounter_type_id integer, creator integer > users, retired_by integer > users
location: location_id integer, parent_location integer > location, creator integer > users
visit: visit_id integer, patient_id integer > patient, visit_type_id integer > visit_type
visit_type: visit_type_id integer
form: form_id integer, encounter_type integer > encounter_type
obs: obs_id integer, person_id integer > person, concept_id integer > concept, encounter_id integer > encounter, \
value_coded integer > concept, value_numeric integer, obs_group_id integer > obs, previous_version integer > obs
concept: concept_id integer, datatype_id integer > concept_datatype, class_id integer > concept_class
concept_datatype: concept_datatype_id integer
concept_class: concept_class_id integer
orders: order_id integer, order_type_id integer > order_type, concept_id integer > concept, orderer integer > \
provider, patient_id integer > patient
order_type: order_type_id integer
provider: provider_id integer, person_id integer > person
""",
    "shop": """
spree_orders: id bigint, user_id bigint > spree_users, bill_address_id bigint > spree_addresses, ship_address_id \
bigint > spree_addresses, store_id bigint > spree_stores, created_by_id bigint > spree_users, canceler_id bigint > \
spree_users
spree_users: id bigint, ship_address_id bigint > spree_addresses, spree_api_key text
spree_addresses: id bigint, state_id bigint > spree_states, country_id bigint > spree_countries
spree_states: id bigint, country_id bigint > spree_countries
spree_countries: id bigint, numcode integer
spree_stores: id bigint, default_country_id bigint > spree_countries
spree_line_items: id bigint, variant_id bigint > spree_variants, order_id bigint > spree_orders, tax_category_id \
bigint > spree_tax_categories
spree_variants: id bigint, product_id bigint > spree_products, tax_category_id bigint > spree_tax_categories
spree_products: id bigint, shipping_category_id bigint > spree_shipping_categories
spree_tax_categories: id bigint
spree_shipping_categories: id bigint
spree_payments: id bigint, order_id bigint > spree_orders, payment_method_id bigint > spree_payment_methods, \
source_id bigint, source_type text
spree_payment_methods: id bigint
spree_adjustments: id bigint, adjustable_id bigint, adjustable_type text, source_id bigint, source_type text, \
order_id bigint > spree_orders
""",
    "works": """
Customer: CustomerID integer, PersonID integer > Person, StoreID integer > Store, TerritoryID integer > SalesTerritory
Person: BusinessEntityID integer, EmailPromotion integer
Store: BusinessEntityID integer, SalesPersonID integer > SalesPerson
SalesPerson: BusinessEntityID integer, TerritoryID integer > SalesTerritory
SalesTerritory: TerritoryID integer
SalesOrderHeader: SalesOrderID integer, CustomerID integer > Customer, SalesPersonID integer > SalesPerson, \
TerritoryID integer > SalesTerritory, BillToAddressID integer > Address, ShipToAddressID integer > Address, \
ShipMethodID integer > ShipMethod, CurrencyRateID integer > CurrencyRate
Address: AddressID integer, StateProvinceID integer > StateProvince
StateProvince: StateProvinceID integer, TerritoryID integer > SalesTerritory
ShipMethod: ShipMethodID integer
CurrencyRate: CurrencyRateID integer
SalesOrderDetail: SalesOrderDetailID integer, SalesOrderID integer > SalesOrderHeader, ProductID integer > Product, \
SpecialOfferID integer > SpecialOffer
SpecialOffer: SpecialOfferID integer
Product: ProductID integer, ProductSubcategoryID integer > ProductSubcategory, ProductModelID integer > ProductModel
ProductSubcategory: ProductSubcategoryID integer, ProductCategoryID integer > ProductCategory
ProductCategory: ProductCategoryID integer
ProductModel: ProductModelID integer
""",
    "spanish": """
clientes: id_cliente integer, id_ciudad integer > ciudades, nombre text
ciudades: id_ciudad integer, id_pais integer > paises
paises: id_pais integer
pedidos: id_pedido integer, id_cliente integer > clientes, id_vendedor integer > empleados, id_estado integer > \
estados
empleados: id_empleado integer, id_jefe integer > empleados, id_departamento integer > departamentos
departamentos: id_departamento integer
estados: id_estado integer
detalle_pedidos: id_detalle integer, id_pedido integer > pedidos, id_producto integer > productos
productos: id_producto integer, id_categoria integer > categorias, id_proveedor integer > proveedores
categorias: id_categoria integer
proveedores: id_proveedor integer, id_ciudad integer > ciudades
""",
    "monitoring": """
hosts: hostid bigint, proxy_hostid bigint > hosts, templateid bigint > hosts, maintenanceid bigint > maintenances
maintenances: maintenanceid bigint, maintenance_type integer
items: itemid bigint, hostid bigint > hosts, templateid bigint > items, valuemapid bigint > valuemap, interfaceid \
bigint > interface, master_itemid bigint > items
interface: interfaceid bigint, hostid bigint > hosts
valuemap: valuemapid bigint, hostid bigint > hosts
triggers: triggerid bigint, templateid bigint > triggers, value integer
functions: functionid bigint, itemid bigint > items, triggerid bigint > triggers
users: userid bigint, roleid bigint > role
role: roleid bigint, type integer
actions: actionid bigint, esc_period text
operations: operationid bigint, actionid bigint > actions
opmessage_usr: opmessage_usrid bigint, operationid bigint > operations, userid bigint > users
media: mediaid bigint, userid bigint > users, mediatypeid bigint > media_type
media_type: mediatypeid bigint
events: eventid bigint, objectid bigint, value integer
acknowledges: acknowledgeid bigint, userid bigint > users, eventid bigint > events
""",
}
